import { mergesTrust } from "../merge";

mergesTrust("dash");
