import { answersQuestions } from "../survey";

answersQuestions("dash");
