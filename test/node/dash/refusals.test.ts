import { refuses } from "../refusals";

refuses("dash");
