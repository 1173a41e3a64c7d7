/** A page on which tests show scenes that use the hooks, and read what the scenes have noted. */
import { createElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { notes } from "./notes.ts";
import { type SceneName, type SceneProps, scenes } from "./scenes.tsx";

/** What tests may do with the page. */
export interface Stage {
  /** Shows a scene, or gives the one that is shown other properties. */
  show(name: SceneName, props: SceneProps): void;
  clear(): void;
  readonly notes: readonly string[];
}

declare global {
  interface Window {
    stage: Stage;
  }
}

let root: Root | undefined;

window.stage = {
  notes,
  show: (name, props) => {
    root ??= createRoot(document.body.appendChild(document.createElement("div")));
    const scene = createElement(scenes[name], props);
    root.render(props.isStrict ? createElement(StrictMode, null, scene) : scene);
  },
  clear: () => {
    root?.unmount();
    root = undefined;
  },
};
