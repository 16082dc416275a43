import { losesNothing } from "../losses";

losesNothing("dash");
