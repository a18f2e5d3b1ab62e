import { mount } from "svelte";
import "../app.css";
import DayPage from "./DayPage.svelte";

mount(DayPage, { target: document.getElementById("app") as HTMLElement });
