import { asksBefore } from "../before";

asksBefore("dash");
