/** Schemas for states: what this SDK uses of the Standard Schema interface (standardschema.dev), version 1. */

/** A schema of zod, valibot, arktype or any other library that follows the standard. */
export interface StateSchema<State> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<State> | Promise<SchemaResult<State>>;
    readonly types?: { readonly input: unknown; readonly output: State } | undefined;
  };
}

/** What a schema says of a value. */
export type SchemaResult<State> =
  | { readonly value: State; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
