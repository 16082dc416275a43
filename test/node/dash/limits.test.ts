import { keepsLimits } from "../limits";

keepsLimits("dash");
