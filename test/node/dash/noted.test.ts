import { notesFiles } from "../noted";

notesFiles("dash");
