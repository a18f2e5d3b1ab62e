import { mount } from "svelte";
import "../app.css";
import PolicyPage from "./PolicyPage.svelte";

mount(PolicyPage, { target: document.getElementById("app") as HTMLElement });
