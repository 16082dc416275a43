import { isKilledWhileTrusting } from "../trustKill";

isKilledWhileTrusting("dash");
