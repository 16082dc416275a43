import { recovers } from "../recover";

recovers("dash");
