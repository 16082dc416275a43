import { meetsTrouble } from "../failures";

meetsTrouble("dash");
