import { judgesFolders } from "../folders";

judgesFolders("dash");
