import { answersQuestions } from "../survey";
import { hasBusybox } from "../scratch";

if (hasBusybox) answersQuestions("busybox sh");
