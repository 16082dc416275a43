import { keepsOwners } from "../owners";

keepsOwners("dash");
