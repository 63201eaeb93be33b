import { render } from "preact";
import "../parts/base.css";

const root = document.getElementById("app");
if (root !== null) render(<main>Millrace</main>, root);
