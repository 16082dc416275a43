import { setsFlags } from "../flags";

setsFlags("dash");
