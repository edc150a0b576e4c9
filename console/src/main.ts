/** The console begins: its language, then its first view. */

import "./styles/base.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { open } from "./i18n";
import { followReleases } from "./release";
import { applyTheme } from "./theme";

applyTheme();
followReleases();
await open();
const app = document.getElementById("app") as HTMLElement;
app.replaceChildren();
mount(App, { target: app });
