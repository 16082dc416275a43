import { applies } from "../apply";

applies("dash");
