#pragma once

#include <string>
#include <vector>

#include "plots/figure.hpp"

namespace digon {

/// What varies in a study: an option of its cells and the values it takes, in order.
struct StudyAxis {
  std::string option;
  std::vector<std::string> texts;  ///< of its values, as the option has them
  std::vector<double> values;      ///< the same as numbers; of an axis of names counted from 0
  bool is_numeric = true;
  AxisScale scale = AxisScale::linear;  ///< as figures draw it
  std::size_t line = 0;                 ///< of the study file; 0: of none

  [[nodiscard]] std::size_t size() const { return texts.size(); }
  /// As a column of a table: "density_of_0".
  [[nodiscard]] std::string column() const;
};

/// An axis from its values or ranges of them: "0.1", "0.9^i", "lin:FROM:TO:COUNT", "log:FROM:TO:COUNT". It is
/// drawn logarithmically where a range is, or positive values span a factor of ten. Throws InputError
/// "NAME: …" where there is none, a range is none, or a value comes twice.
///
/// Example: "log:1:0.01:3" is 1, 0.1, 0.01.
StudyAxis parse_axis(const std::string& name, const std::string& option,
                     const std::vector<std::string>& texts);

/// The same of a text "NAME=VALUES", values separated by commas or a range: "density=log:1:0.01:40". Throws
/// InputError that names `option`, e.g. "--axes".
struct NamedValues {
  std::string name;
  std::vector<std::string> texts;
};
NamedValues parse_assignment(const std::string& option, const std::string& text);

}  // namespace digon
