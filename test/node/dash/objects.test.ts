import { asksForObjects } from "../objects";

asksForObjects("dash");
