import { renewsServing } from "../renewServing";

renewsServing("dash");
