import { mount } from "svelte";
import "../app.css";
import AccountsPage from "./AccountsPage.svelte";

mount(AccountsPage, { target: document.getElementById("app") as HTMLElement });
