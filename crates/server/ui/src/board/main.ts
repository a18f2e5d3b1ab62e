import { mount } from "svelte";
import "../app.css";
import BoardPage from "./BoardPage.svelte";

mount(BoardPage, { target: document.getElementById("app") as HTMLElement });
