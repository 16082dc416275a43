import { checksNodes } from "../check";

checksNodes("dash");
