import { mount } from "svelte";
import "../app.css";
import SignInPage from "./SignInPage.svelte";

mount(SignInPage, { target: document.getElementById("app") as HTMLElement });
