import { mount } from "svelte";
import "../app.css";
import DriverPage from "./DriverPage.svelte";

mount(DriverPage, { target: document.getElementById("app") as HTMLElement });
