/** A page on which tests show scenes that use the hooks, and read what the scenes have noted. */
import { createElement, StrictMode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { note, notes } from "./notes.ts";
import { type SceneName, type SceneProps, scenes } from "./scenes.tsx";

/** What tests may do with the page. */
export interface Stage {
  /** Shows a scene, or gives the one that is shown other properties. */
  show(name: SceneName, props: SceneProps): void;
  /** Shows a scene as a server has rendered it, then brings it to life. Notes whatever does not fit. */
  hydrate(name: SceneName, props: SceneProps): void;
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
  hydrate: (name, props) => {
    const scene = createElement(scenes[name], props);
    const place = document.body.appendChild(document.createElement("div"));
    place.innerHTML = renderToString(scene);
    note(`rendered ${place.textContent}`);
    root = hydrateRoot(place, scene, {
      onRecoverableError: (error) => note(`did not fit: ${String(error)}`),
    });
  },
  clear: () => {
    root?.unmount();
    root = undefined;
  },
};
