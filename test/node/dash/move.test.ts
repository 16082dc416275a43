import { movesServices } from "../move";

movesServices("dash");
