#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "program/study/axis.hpp"
#include "sweep/kinds/training_cell.hpp"
#include "theory/optima/penalty.hpp"

// A study is a file: what its cells have in common, what varies, what is computed of each, and what is drawn.

namespace digon {

/// An option of a cell, by the name that commands have for it.
struct CellOption {
  std::string name;
  std::vector<std::string> texts;
  std::size_t line = 0;  ///< of the study file; 0: of none
};
using CellOptions = std::vector<CellOption>;

/// All that is asked of one cell: its law and training, what is added to the loss of optima, and from how
/// many random starts they are searched for.
struct StudyCell {
  TrainingCell model;
  Penalty penalty;
  std::size_t optimum_starts = 8;
};

/// The vocabulary of cells.
struct CellVocabulary {
  std::vector<std::string> names;  ///< for messages
  /// The option that a name stands for: "features" of "n"; nothing of what is none.
  std::function<std::optional<std::string>(const std::string& name)> option_of;
  /// The cell that options make; throws InputError "--NAME: …".
  std::function<StudyCell(const CellOptions&)> read;
};

enum class Compute { train, optimum, gap, decomposition, geometry, snapshots };

enum class FigureKind { lines, heat_map, phase_map, dimensionality, snapshots };

/// A figure as the file asks for it: NAME.svg, .png and .gp.
struct StudyFigure {
  FigureKind kind = FigureKind::lines;
  std::string name;
  std::string title;
  std::string x;                     ///< an axis
  std::vector<std::string> y;        ///< of lines quantities, of maps one axis
  std::string value;                 ///< of a heat map: a quantity
  std::string by;                    ///< of lines and heat maps: an axis, a line or a panel a value
  std::string of;                    ///< of phases and D_i: "trained" or "optimum"
  std::optional<AxisScale> y_scale;  ///< of lines; nothing: by the values
  std::size_t line = 0;
};

struct Study {
  std::string file;
  std::string id;  ///< the file's name without .toml
  std::string title;
  CellOptions shared;
  std::vector<StudyAxis> axes;     ///< the last varies fastest; cases, if there are any, are the first
  std::vector<CellOptions> cases;  ///< one a value of that axis
  std::set<Compute> compute;
  std::vector<StudyFigure> figures;

  [[nodiscard]] std::size_t cells() const;
  [[nodiscard]] const StudyAxis* find_axis(std::string_view option) const;
  [[nodiscard]] bool computes(Compute what) const { return compute.contains(what); }
};

/// Where a W of a cell is from.
inline constexpr const char* source_trained = "trained";
inline constexpr const char* source_optimum = "optimum";

/// The axis of [[case]]s.
inline constexpr const char* case_axis = "case";

/// Reads a study. Throws InputError "FILE:LINE: …" that says what is accepted: of what is no TOML, unknown
/// keys, empty axes, and figures of what is not computed. Options' values are read with the cells. `changes`
/// take the place of what the file says of their options, as axes or, of one value, for all cells.
Study parse_study(std::string_view text, const std::string& file, const CellVocabulary& vocabulary,
                  const std::vector<StudyAxis>& changes = {});

/// A point of the axes: the number of its value on each.
std::vector<std::size_t> indices_of(const Study& study, std::size_t cell);

/// The options of a cell: what all share, its case's, and the axes'.
CellOptions options_of(const Study& study, std::size_t cell);

/// All cells, in order. Throws InputError "FILE:LINE: …" of an option that cannot be read.
std::vector<StudyCell> read_cells(const Study& study, const CellVocabulary& vocabulary);

/// All that determines the cells, for shards that must share it.
nlohmann::json identity_of(const Study& study);

/// The feature that an option names: "0" of "density-of-0", "last" of "importance-ratio-of-last"; empty of
/// others.
std::string feature_named_by(std::string_view option);

/// Whether any axis does.
bool names_a_feature(const std::vector<StudyAxis>& axes);

/// The feature that the axes vary alone, if there is one.
std::optional<Eigen::Index> swept_feature(const std::vector<StudyAxis>& axes, Eigen::Index features);

/// The numbers that are known of each cell, the columns of cells.csv that can be drawn.
std::vector<std::string> quantities_of(const Study& study);

}  // namespace digon
