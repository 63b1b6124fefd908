// The page in the frame. The server writes beside it which brand this is and which pages may hold it; everything else comes with the session.
import "$shared/tokens.css";
import "$shared/base.css";
import "./widget.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { Chat } from "./chat.svelte";
import { Page } from "./page";

const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}") as { brand?: string; origins?: string[] };
const brand = boot.brand ?? new URLSearchParams(location.search).get("brand") ?? "";
const chat = new Chat(brand, decodeURIComponent(location.hash.slice(1)));
const target = document.getElementById("app");

if (target) mount(App, { target, props: { chat, page: new Page(boot.origins ?? []) } });
chat.open();
