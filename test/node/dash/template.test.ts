import { fillsInItsName } from "../template";

fillsInItsName("dash");
