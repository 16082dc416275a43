import { takesInNewNodes } from "../newNode";

takesInNewNodes("dash");
