// The page in the frame. The server writes beside it which brand this is and which pages may hold it; everything else comes with the session.
import "$shared/tokens.css";
import "$shared/base.css";
import "./widget.css";
import { render } from "preact";
import { App } from "./App";
import { Chat } from "./chat";
import { Page } from "./page";

const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}") as { brand?: string; sites?: string[] };
const brand = boot.brand ?? new URLSearchParams(location.search).get("brand") ?? "";
const chat = new Chat(brand, decodeURIComponent(location.hash.slice(1)));
const page = new Page(boot.sites ?? []);

render(<App chat={chat} page={page} />, document.getElementById("app")!);
chat.open();
