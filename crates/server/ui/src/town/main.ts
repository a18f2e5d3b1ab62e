import { mount } from "svelte";
import "../app.css";
import TownPage from "./TownPage.svelte";

mount(TownPage, { target: document.getElementById("app") as HTMLElement });
