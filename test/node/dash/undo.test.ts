import { undoes } from "../undo";

undoes("dash");
