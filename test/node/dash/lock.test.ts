import { takesTurns } from "../lock";

takesTurns("dash");
