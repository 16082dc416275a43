import { clearsUp } from "../leftovers";

clearsUp("dash");
