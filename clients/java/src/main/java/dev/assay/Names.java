package dev.assay;

/** Names of the wire's enum values. */
final class Names {
  private Names() {}

  /** Without the prefix; empty for the one that says nothing. */
  static String shortened(String name, String prefix) {
    String shortened = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    return shortened.equals("UNSPECIFIED") ? "" : shortened;
  }

  /** Why a study is over; empty when it is not. */
  static String endReason(dev.assay.v1.StudyEndReason reason) {
    boolean isKnown = reason != dev.assay.v1.StudyEndReason.UNRECOGNIZED;
    return isKnown ? shortened(reason.name(), "STUDY_END_REASON_") : "UNKNOWN";
  }
}
