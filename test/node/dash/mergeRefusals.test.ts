import { refusesTrust } from "../mergeRefusals";

refusesTrust("dash");
