import { backsUp } from "../backups";

backsUp("dash");
