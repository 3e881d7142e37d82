import "../src/base.css";
import { mount } from "svelte";
import Gallery from "./Gallery.svelte";

const target = document.getElementById("page");
if (target) mount(Gallery, { target });
