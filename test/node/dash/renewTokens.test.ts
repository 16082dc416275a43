import { renewsTokens } from "../renewTokens";

renewsTokens("dash");
