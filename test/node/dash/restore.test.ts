import { restores } from "../restore";

restores("dash");
