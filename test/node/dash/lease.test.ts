import { handsOver } from "../lease";

handsOver("dash");
