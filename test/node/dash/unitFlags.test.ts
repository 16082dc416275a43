import { setsUnitFlags } from "../unitFlags";

setsUnitFlags("dash");
