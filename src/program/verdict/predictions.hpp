#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "program/verdict/verdict.hpp"

namespace digon {

/// A claim that can be checked, as paper_refs/predictions.json has it: of the literature, or of the exact
/// theory that follows from it.
struct Prediction {
  std::string id;                                             ///< "experiment/what"
  Source source = Source::paper;                              ///< whose
  std::string claim;                                          ///< in one sentence
  std::string citation;                                       ///< key of paper_refs/references.bib
  std::string where;                                          ///< section or equation
  std::string quantity;                                       ///< what is measured, with its unit
  std::string experiment;                                     ///< that measures it, of the catalog
  std::string why;                                            ///< this tolerance, or this bound
  std::string null;                                           ///< a deliberately wrong input
  std::string differs;                                        ///< what Digon finds instead; empty: it agrees
  std::string published;                                      ///< the number published; `expected` is Digon's
  std::string outcome;                                        ///< of it, of Source::published
  double least = -std::numeric_limits<double>::infinity();    ///< that passes
  double greatest = std::numeric_limits<double>::infinity();  ///< that passes
  std::string expected;                                       ///< to be read
  std::string tolerance;                                      ///< to be read; empty of a bound
  std::optional<std::string> name;  ///< where a name is expected instead of a number
  std::optional<double> value;      ///< where a number is
};

/// All of them, in the file's order.
const std::vector<Prediction>& predictions();

/// Throws std::logic_error where there is none of that id.
const Prediction& find_prediction(const std::string& id);

/// What was measured, and what of the null, beside the prediction of that id.
Check judge(const std::string& id, const Measured& measured, const Measured& null);

}  // namespace digon
