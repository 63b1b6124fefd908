// The staff's single page application.
import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/noto-sans-arabic/index.css";
import "$shared/tokens.css";
import "$shared/base.css";
import "./console.css";
import { mount } from "svelte";
import { applyTheme } from "$shared/theme";
import App from "./App.svelte";
import { applyDensity } from "./prefs.svelte";

applyTheme();
applyDensity();
const target = document.getElementById("app");
if (target) mount(App, { target });
