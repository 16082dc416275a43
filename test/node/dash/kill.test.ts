import { isKilled } from "../kill";

isKilled("dash");
