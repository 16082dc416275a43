import { asks } from "../asking";

asks("dash");
