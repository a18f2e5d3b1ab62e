import { mount } from "svelte";
import "../app.css";
import DriverPage from "./DriverPage.svelte";
import EnrolPage from "./EnrolPage.svelte";

const target = document.getElementById("app") as HTMLElement;
// The code stands behind the hash, which browsers never send: it is in no server's or proxy's list of addresses.
const code = /^#enrol=([0-9a-f]+)$/.exec(location.hash)?.[1];
if (code) mount(EnrolPage, { target, props: { code } });
else mount(DriverPage, { target });
