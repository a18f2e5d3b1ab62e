import { mount } from "svelte";
import "../app.css";
import ListsPage from "./ListsPage.svelte";

mount(ListsPage, { target: document.getElementById("app") as HTMLElement });
