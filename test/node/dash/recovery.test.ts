import { recovers } from "../recovery";

recovers("dash");
