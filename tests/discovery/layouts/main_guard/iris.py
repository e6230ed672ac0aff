import pickle

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

if __name__ == "__main__":
    data = pd.read_csv("iris.csv")
    X = data.drop("species", axis=1)
    y = data["species"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1)
    clf = RandomForestClassifier(n_estimators=50, random_state=1)
    clf.fit(X_train, y_train)
    print("accuracy", accuracy_score(y_test, clf.predict(X_test)))
    with open("model.pkl", "wb") as f:
        pickle.dump(clf, f)
